"""Layout of path diagrams, by role: graph, layers, blocks, places, routes, labels. Private to `plots`."""
