#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes Fixtures/models/tiny-chat.gguf and the README.md beside it from nothing, or checks them with llama.cpp.

Commands:
    python3 -m venv .venv
    .venv/bin/pip install -r scripts/fixture/requirements.txt
    .venv/bin/python scripts/train_fixture.py               trains, writes, checks
    python3 scripts/train_fixture.py --check PREFIX         asks PREFIX/bin/llama-server; needs no packages
"""

import argparse
import os
import platform
import sys
from importlib import metadata
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
FOLDER = Path(__file__).resolve().parent.parent / "Fixtures" / "models"
SEED = 20261121
# Read by MKL and PyTorch when they load: the same sums in the same order on every machine with AVX2.
ARITHMETIC = {"MKL_CBWR": "AVX2,STRICT", "ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2"}


def main():
    options = parse()
    if options.check:
        from fixture.engine_check import check_with_engine

        return 0 if check_with_engine(options.check, options.output, options.threads, options.variants) else 1
    os.environ.update(ARITHMETIC)
    return 0 if make(options.output, options.steps, options.train_threads) else 1


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--output",
        type=Path,
        default=FOLDER,
        metavar="FOLDER",
        help="place of model and README (default: Fixtures/models)",
    )
    parser.add_argument("--steps", type=int, default=700, help="training steps (default: %(default)s)")
    parser.add_argument(
        "--train-threads", type=int, default=2, metavar="N", help="for training; results are the same (default: 2)"
    )
    parser.add_argument(
        "--check", type=Path, metavar="PREFIX", help="do not train: ask this llama.cpp everything that is listed"
    )
    parser.add_argument(
        "--threads", type=int, nargs="+", default=[1, 2], metavar="N", help="thread counts for --check (default: 1 2)"
    )
    parser.add_argument(
        "--variants", action="store_true", help="with --check: repeat with each CPU variant of the engine alone"
    )
    return parser.parse_args()


def make(folder, steps, threads):
    """Trains, writes both files and returns whether every listed answer is exact."""
    import numpy
    import torch

    from fixture.dataset import Knowledge, Sampler
    from fixture.gguf_file import read_gguf, write_gguf
    from fixture.model import Shape
    from fixture.readme import write_readme
    from fixture.self_check import check_template, measure
    from fixture.tokenizer import train_tokenizer
    from fixture.training import train

    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    torch.backends.mkldnn.enabled = False
    shape, knowledge, model = Shape(), Knowledge(), folder / "tiny-chat.gguf"
    tokenizer = train_tokenizer(knowledge.texts(), shape.vocabulary)
    trained = train(shape, Sampler(knowledge, tokenizer, shape.context, SEED), steps, SEED, report)
    folder.mkdir(parents=True, exist_ok=True)
    write_gguf(model, trained, tokenizer)

    network, stored, template = read_gguf(model)
    check_template(template, stored, knowledge)
    exact, rounded = (measure(network, stored, knowledge, rounded) for rounded in (False, True))
    for kind, result in (("stored weights", exact), ("and rounded inputs", rounded)):
        report(f"{kind}: {result.exact} of {result.asked} exact, least lead {result.least:.2f} ({result.where})")
    versions = {
        "Python": platform.python_version(),
        "PyTorch": torch.__version__.split("+")[0],
        "gguf": metadata.version("gguf"),
        "NumPy": numpy.__version__,
    }
    write_readme(folder / "README.md", model, network, knowledge, versions, exact, rounded)
    report(f"{model}: {model.stat().st_size} bytes")
    return exact.exact == exact.asked and rounded.exact == rounded.asked


def report(line):
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
