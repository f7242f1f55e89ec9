"""PyTorch on the processor as a peer of `bench sweep`: trains the networks that it is sent, with the same loss, norms, clip and
update; every iteration's numbers reach Python. One JSON document on stdin names a file of float32 numbers; one on stdout answers.

Ways: one process on one thread, a process for every core on one thread each, and all networks as one batched product (baddbmm)
on all cores. The first two train the first `subset` networks, scaled to all."""
import json, math, multiprocessing, re, statistics, sys, time
import numpy as np
import torch
import torch.nn.functional as F

CLIP_EPSILON = 1e-6
# Scaled; a way that takes longer is measured once.
ENOUGH_MS = 30_000
ask = json.load(sys.stdin)
numbers = np.fromfile(ask["file"], dtype=np.float32)
CORES = ask["cores"]


def tensors(seed):
    """Parameters (rows, columns) in order, then x and the one-hot labels, of one seed."""
    shapes, out = ask["shapes"], []
    at = seed * sum(rows * columns for rows, columns in shapes)
    for rows, columns in shapes:
        out.append(torch.from_numpy(numbers[at : at + rows * columns].reshape(rows, columns).copy()))
        at += rows * columns
    parameters = [p if k % 2 == 0 else p.flatten() for k, p in enumerate(out[:-2])]
    return parameters, out[-2], out[-1].argmax(1)


def train(configuration):
    """Loss, gradient norm and the norm of every parameter's gradient, by iteration."""
    rate, seed = configuration
    parameters, x, labels = tensors(seed)
    for p in parameters:
        p.requires_grad_(True)
    rows = []
    for _ in range(ask["iterations"]):
        h = x
        for k in range(0, len(parameters) - 2, 2):
            h = F.relu(torch.addmm(parameters[k + 1], h, parameters[k]))
        loss = F.cross_entropy(torch.addmm(parameters[-1], h, parameters[-2]), labels)
        gradients = list(torch.autograd.grad(loss, parameters))
        norms = torch.stack(torch._foreach_norm(gradients))
        norm = norms.norm().item()
        with torch.no_grad():
            torch._foreach_add_(parameters, gradients, alpha=-rate * min(1.0, ask["clip"] / (norm + CLIP_EPSILON)))
        rows.append([loss.item(), norm] + norms.tolist())
    return rows


def train_all(configurations):
    return [train(configuration) for configuration in configurations]


def batched(configurations):
    starts = {seed: tensors(seed) for seed in {seed for _, seed in configurations}}
    R = len(configurations)
    parameters = [torch.stack([starts[seed][0][k] for _, seed in configurations]) for k in range(len(starts[0][0]))]
    rate = torch.tensor([rate for rate, _ in configurations])
    x = torch.stack([starts[seed][1] for _, seed in configurations])
    labels = torch.cat([starts[seed][2] for _, seed in configurations])
    rows = []
    for _ in range(ask["iterations"]):
        for p in parameters:
            p.requires_grad_(True)
        h = x
        for k in range(0, len(parameters) - 2, 2):
            h = F.relu(torch.baddbmm(parameters[k + 1].unsqueeze(1), h, parameters[k]))
        logits = torch.baddbmm(parameters[-1].unsqueeze(1), h, parameters[-2])
        loss = F.cross_entropy(logits.flatten(0, 1), labels, reduction="none").view(R, -1).mean(1)
        gradients = torch.autograd.grad(loss.sum(), parameters)
        with torch.no_grad():
            norms = torch.stack([g.flatten(1).norm(dim=1) for g in gradients])
            norm = norms.norm(dim=0)
            step = rate * (ask["clip"] / (norm + CLIP_EPSILON)).clamp(max=1.0)
            for p, g in zip(parameters, gradients):
                p.sub_(g.mul_(step.view(-1, *[1] * (g.dim() - 1))))
            rows.append(torch.cat([loss.detach()[None], norm[None], norms]).T.tolist())
    return [[row[r] for row in rows] for r in range(R)]


def main():
    configurations = [tuple(c) for c in ask["configurations"]]
    # Before this process has threads of its own.
    torch.set_num_threads(1)
    pool = multiprocessing.get_context("fork").Pool(CORES)
    subset = configurations[: ask["subset"]]
    scale = len(configurations) / len(subset)
    shares = [subset[k::CORES] for k in range(CORES)]
    ways = {
        "one thread": (1, scale, lambda: train_all(subset)),
        "a process for every core": (1, scale, lambda: pool.map(train_all, shares, 1)[0]),
        "batched on all cores": (CORES, 1, lambda: batched(configurations)),
    }
    results, first = [], None
    for name, (threads, factor, act) in ways.items():
        torch.set_num_threads(threads)
        ms = []
        while len(ms) < ask["rounds"] and sum(ms) < ENOUGH_MS:
            start = time.perf_counter()
            rows = act()
            ms.append(1000 * factor * (time.perf_counter() - start))
            first = first or rows[0][0]
        results.append({"name": name, "ms": statistics.median(ms), "minMs": min(ms)})
    pool.terminate()
    blas = re.search(r"BLAS_INFO=(\w+)", torch.__config__.show())
    version = f"{torch.__version__} (BLAS {blas.group(1)})" if blas else torch.__version__
    print(json.dumps({"version": version, "ways": results, "first": [x if math.isfinite(x) else None for x in first]}))


main()
