"""People in clusters: sources joined by cluster, and whether means of clusters may be made of people's answers."""
