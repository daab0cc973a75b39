"""From the journal lines of one scenario to its timeline: lanes, points, spans and fault bands, without any HTML."""
