"""Pages of feedback: a labeler's beside their task, and the project's."""
