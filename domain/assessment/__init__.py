"""Assessment (考核): schemes, scores and rankings; commendations, accountability cases, and standing."""
