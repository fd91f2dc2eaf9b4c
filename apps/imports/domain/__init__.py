"""What an import line is, and what it would add. Pure: no database."""
