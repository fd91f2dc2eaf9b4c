"""What labelers say beside their judgments: reports of candidates and prompts, and questions with their answers."""
