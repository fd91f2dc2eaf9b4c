"""What is known of a project's data today. The reports it rests on are their own apps'; here what was counted last is kept."""
