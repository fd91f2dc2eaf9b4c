"""Work by member and period, for pay: the page, its file and the API."""
