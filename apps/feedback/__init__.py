"""What labelers say beside their judgments: reports of outputs and prompts, and questions with their answers."""
