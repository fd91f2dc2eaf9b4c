"""What every ML program shares: its command line, its job, its files, how it ends."""
