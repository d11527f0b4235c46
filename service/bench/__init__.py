"""The bench: how fast and how large we are, as ratios against peers in the same run (`duban bench`)."""
