"""Do the questions mean the same to all groups, or in all waves?"""
