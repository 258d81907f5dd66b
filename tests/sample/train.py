"""Trains a forecaster on made-up traffic: python train.py --model all_sensors."""

import argparse

import numpy as np

from traffic import models
from traffic.config import SENSORS, STEPS


def windows(count, sensors):
    """Day-and-night curves with noise, cut into windows."""
    rng = np.random.default_rng(0)
    time = np.arange(count + STEPS)[:, None] / 48.0
    counts = 1.0 + np.sin(2 * np.pi * (time + rng.random(sensors))) + 0.1 * rng.normal(size=(len(time), sensors))
    x = np.stack([counts[start : start + STEPS] for start in range(count)])
    return x.astype("float32"), counts[STEPS:].astype("float32")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="all_sensors", choices=["single_sensor", "all_sensors", "with_gaps"])
    parser.add_argument("--epochs", type=int, default=2)
    args = parser.parse_args()
    sensors = 1 if args.model == "single_sensor" else SENSORS
    x, y = windows(256, sensors)
    model = getattr(models, args.model)()
    model.compile(optimizer="adam", loss="mse")
    model.fit(x, y, batch_size=32, epochs=args.epochs)


if __name__ == "__main__":
    main()
