"""Pages of screening: the candidate's, the exam's, and the results'."""
