"""The bias reports for people and programs: the page, its tables and files, the API, and the words of their codes."""
