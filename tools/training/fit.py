"""Training: Adam with a cosine schedule on binary cross-entropy with soft targets; the same seed gives the same weights."""

import time

import jax
import jax.numpy as jnp
import numpy as np
import optax

from training.network import initialise, logits


def fit(net, sample, steps, start=None, rate=3e-3, seed=1, decay=1e-4, report=500):
    """Trains `net`; `sample(rng, step)` gives `(inputs, targets, weights)`. Returns the averaged parameters.

    `start` holds parameters of other networks to begin with, where name and shape are the same.
    """
    parameters = initialise(net, seed)
    for name, value in (start or {}).items():
        if name in parameters and parameters[name].shape == value.shape and not name.startswith("head."):
            parameters[name] = value
    schedule = optax.warmup_cosine_decay_schedule(0, rate, min(200, steps // 10), steps, rate * 0.01)
    optimiser = optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(schedule, weight_decay=decay))
    state, average = optimiser.init(parameters), parameters

    def loss(parameters, inputs, targets, weights):
        each = optax.sigmoid_binary_cross_entropy(logits(net, parameters, inputs), targets)
        return (each * weights).sum() / (weights.sum() + 1e-6)

    @jax.jit
    def step(parameters, average, state, inputs, targets, weights):
        value, gradient = jax.value_and_grad(loss)(parameters, inputs, targets, weights)
        updates, state = optimiser.update(gradient, state, parameters)
        parameters = optax.apply_updates(parameters, updates)
        average = jax.tree.map(lambda a, p: 0.995 * a + 0.005 * p, average, parameters)
        return parameters, average, state, value

    rng, losses, begun = np.random.default_rng(seed), [], time.time()
    for index in range(steps):
        inputs, targets, weights = sample(rng, index)
        inputs = {name: jnp.asarray(value, jnp.float32) for name, value in inputs.items()}
        parameters, average, state, value = step(parameters, average, state, inputs, targets, weights)
        losses.append(value)
        if (index + 1) % report == 0:
            print(f"  step {index + 1} loss {np.mean([float(v) for v in losses[-report:]]):.4f} {time.time() - begun:.0f} s", flush=True)
    return {name: np.asarray(value) for name, value in average.items()}
