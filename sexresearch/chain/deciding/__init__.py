"""What to do next, and how sure: priorities with the probability of their rank, and what each rests on."""
