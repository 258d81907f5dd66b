"""A part of a graph as a job for the worker: plain data from which real Keras layers and tensors are made."""
