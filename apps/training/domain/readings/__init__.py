"""What the reports of runs say, in sentences and rows that their intervals bear out."""
