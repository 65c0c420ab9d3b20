"""A new study: its files, ready to run, for any questionnaire."""
