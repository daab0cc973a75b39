"""From journal events to the picture of one scenario: lanes, points, spans."""
