"""What adjudication reads."""
