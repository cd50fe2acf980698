"""Training of the models in samples/models: data, networks, export, quantisation, decoding."""
