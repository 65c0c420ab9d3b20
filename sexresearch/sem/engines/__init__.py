"""Other engines beside our own: semopy for a check, lavaan as a script."""
