"""Practice, the exam, and the decision of a person, before somebody labels."""
