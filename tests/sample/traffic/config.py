"""What the models of this project share."""

STEPS = 48  # half-hours that a model sees
SENSORS = 24  # counting loops
RATE = 0.3
