"""What to improve next: constructs in points, importance beside performance, what a change would do."""
