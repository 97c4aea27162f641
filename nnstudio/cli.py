"""The command line: everything the app can do without a window, and the app itself.

Exit codes: 0 done, 1 an error that is explained on stderr, 2 wrong usage, 3 done but for some rows,
each of which says why. ``--json`` prints one JSON object on stdout and nothing else there.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import nnstudio
from nnstudio.display import (
    TRIAL_OPTION,
    NoAnswerError,
    Trial,
    has_display,
    qt_or_advice,
    try_display,
)
from nnstudio.spec import Place, Problem, ProblemError

DEMO_FOLDER = "nnstudio-demo"
IN_PART = 3  # the exit code where some rows could not be predicted or measured


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments say; returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given == [TRIAL_OPTION]:
        return try_display()
    job = _JOBS.get(given[0]) if given else None
    try:
        if job is not None:
            return job(_parse(given))
        return _start(_parse(given))
    except ProblemError as error:
        from nnstudio.terminal import tell_all

        tell_all(error)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. Nothing was written.", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader of a pipe, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if os.environ.get("NNSTUDIO_TRACEBACK"):
            raise
        from nnstudio.session.trouble import unforeseen
        from nnstudio.terminal import tell

        tell(unforeseen(error))
        print("  Set NNSTUDIO_TRACEBACK=1 to see where.", file=sys.stderr)
        return 1


# ---- what can be asked --------------------------------------------------------------------------


def _parse(given: list[str]) -> argparse.Namespace:
    if given and given[0] in _JOBS:
        return _job_parser().parse_args(given)
    return _app_parser().parse_args(given)


def _app_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="nnstudio",
        description="See a neural network think: build, train and look inside neural networks.",
        epilog="commands without a window: nnstudio new | train | evaluate | predict "
        "(each with --help)",
    )
    parser.add_argument("project", nargs="?", help="a project file (.nns) to open")
    parser.add_argument(
        "--demo",
        metavar="DIR",
        help="without a display: open the sentiment project in the real window, train and "
        "evaluate it, and write pictures, model, project and report into DIR",
    )
    parser.add_argument("--version", action="version", version=f"NN Studio {nnstudio.__version__}")
    return parser


def _job_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="nnstudio")
    jobs = parser.add_subparsers(dest="job", required=True)

    new = jobs.add_parser("new", help="write a project to start from")
    new.add_argument("template", choices=("sentiment", "spiral", "digits", "empty"))
    new.add_argument("out", metavar="OUT.nns")
    new.add_argument("--force", action="store_true", help="replace OUT.nns if it exists")

    train = jobs.add_parser("train", help="train a project and measure the result")
    train.add_argument("project", metavar="PROJECT", help="a project file (.nns)")
    train.add_argument(
        "--data",
        metavar="PATH",
        default="",
        help="train on this instead: a CSV or TSV with text and label, lines of 'label text', or "
        "a folder per class",
    )
    train.add_argument("--validation", metavar="PATH", default="", help="a validation file")
    train.add_argument("--test", metavar="PATH", default="", help="a test file")
    _add_columns(train)
    train.add_argument("--words", type=_whole(1), metavar="N", help="size of the vocabulary")
    train.add_argument("--epochs", type=_whole(1), metavar="N")
    train.add_argument("--batch-size", type=_whole(1), metavar="N")
    train.add_argument("--learning-rate", type=float, metavar="X")
    train.add_argument(
        "--patience", type=_whole(0), metavar="N", help="early stopping; 0 switches it off"
    )
    train.add_argument(
        "--monitor",
        metavar="FIGURE",
        help="what early stopping watches: validation_loss, validation_accuracy, validation_f1 ...",
    )
    train.add_argument("--seed", type=_whole(0), metavar="S")
    train.add_argument("--device", default="cpu", help="cpu (as a rule) or cuda:0")
    train.add_argument("--out", metavar="MODEL.npz", help="write the trained model")
    train.add_argument("--save", metavar="PROJECT.nns", help="write the trained project")
    train.add_argument("--quiet", action="store_true", help="no progress bar")
    train.add_argument("--json", action="store_true", help="print one JSON object")

    measure = jobs.add_parser("evaluate", help="measure a trained model on labelled data")
    measure.add_argument("model", metavar="MODEL.npz")
    measure.add_argument("--data", metavar="PATH", required=True)
    _add_columns(measure)
    measure.add_argument("--json", action="store_true", help="print one JSON object")

    predict = jobs.add_parser("predict", help="predict with a trained model")
    predict.add_argument("model", metavar="MODEL.npz")
    what = predict.add_mutually_exclusive_group(required=True)
    what.add_argument("--text", action="append", metavar="TEXT", help="a text; may be repeated")
    what.add_argument("--data", metavar="PATH", help="a file of texts or rows; needs no labels")
    predict.add_argument("--text-column", metavar="NAME", default="")
    predict.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def _add_columns(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--text-column", metavar="NAME", default="", help="found by itself if left")
    parser.add_argument(
        "--label-column", metavar="NAME", default="", help="found by itself if left"
    )


def _whole(minimum: int) -> Callable[[str], int]:
    def read(written: str) -> int:
        try:
            number = int(written)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{written!r} is not a whole number") from None
        if not minimum <= number < 2**31:
            raise argparse.ArgumentTypeError(f"{number} must be at least {minimum}")
        return number

    return read


# ---- the app and the demo -----------------------------------------------------------------------


def _start(options: argparse.Namespace) -> int:
    if options.demo is not None:
        return _demo(options.demo)
    no_display = "There is no display"
    if has_display():
        trial = Trial()
        with qt_or_advice():
            from nnstudio.app import run
        try:
            trial.end()
        except NoAnswerError as error:
            no_display = f"The display {error} does not answer"
        else:
            return run(options.project)
    if options.project is not None:
        raise ProblemError(
            Problem(
                f"{no_display}, so no window can be opened",
                f"Without one, “nnstudio train {options.project}” trains the project and "
                "“nnstudio --demo DIR” draws the window into a file.",
            )
        )
    print(
        f"{no_display}, so the window is drawn into files in ./{DEMO_FOLDER}.",
        file=sys.stderr,
    )
    return _demo(DEMO_FOLDER)


def _demo(folder: str) -> int:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"  # before Qt is imported
    trial = Trial()
    with qt_or_advice():
        from nnstudio.demo import run
    with suppress(NoAnswerError):  # there is none to answer; a machine that is very busy may go on
        trial.end()
    return run(Path(folder))


# ---- new ----------------------------------------------------------------------------------------


def _new(options: argparse.Namespace) -> int:
    from nnstudio.project import files, templates

    out = Path(options.out)
    if out.exists() and not options.force:
        raise ProblemError(
            Problem(
                f"{out.name} exists already",
                "Choose another name, or say --force to replace it.",
                Place("file", str(out)),
            )
        )
    files.save(templates.new(options.template), out)
    print(f"Wrote {out}. Next: nnstudio train {out}, or nnstudio {out} to open it.")
    return 0


# ---- train --------------------------------------------------------------------------------------


def _train(options: argparse.Namespace) -> int:
    from nnstudio import jobs, reports
    from nnstudio.export import npz
    from nnstudio.project import files
    from nnstudio.terminal import Progress, tell

    project = jobs.with_data(
        files.load(options.project),
        options.data,
        options.validation,
        options.test,
        options.text_column,
        options.label_column,
        options.words,
    )
    project = project.replace(training=_setup(project.training, options))
    progress = None if options.quiet else Progress()
    try:
        run = jobs.train(
            project, progress.follow if progress else None, device=options.device, warn=tell
        )
    finally:
        if progress is not None:
            progress.close()
    if run.problem is not None:
        tell(run.problem)
    written = []
    if run.epochs_done:
        if options.out:
            npz.save(run.model, options.out)
            written.append(options.out)
        if options.save:
            files.save(run.project, options.save)
            written.append(options.save)
    if options.json:
        _print_json(reports.report(run) | {"written": written})
    else:
        print(reports.summary(run, written))
    return 0 if run.problem is None else 1


def _setup(setup: Any, options: argparse.Namespace) -> Any:
    """The training set-up with what the command line changes."""
    from nnstudio.project import monitoring
    from nnstudio.project.setup import EarlyStopping

    changes: dict[str, Any] = {}
    for name in ("epochs", "batch_size", "seed"):
        if getattr(options, name) is not None:
            changes[name] = getattr(options, name)
    if options.learning_rate is not None:
        changes["optimizer"] = setup.optimizer.replace(learning_rate=options.learning_rate)
    stopping = setup.early_stopping or EarlyStopping()
    if options.monitor is not None:
        if options.monitor not in dict(monitoring.OPTIONS):
            raise ProblemError(_no_figure(options.monitor))
        stopping = stopping.replace(monitor=options.monitor, mode="auto")
        changes["early_stopping"] = stopping
    if options.patience is not None:
        patient = stopping.replace(patience=options.patience) if options.patience else None
        changes["early_stopping"] = patient
    return setup.replace(**changes)


def _no_figure(name: str) -> Problem:
    from nnstudio.project import monitoring

    known = ", ".join(figure for figure, _ in monitoring.OPTIONS)
    return Problem(f"There is no figure called {name}", f"Early stopping can watch {known}.")


# ---- evaluate and predict -----------------------------------------------------------------------


def _evaluate(options: argparse.Namespace) -> int:
    from nnstudio import jobs, reports
    from nnstudio.export import npz
    from nnstudio.terminal import tell

    model = npz.load(options.model)
    found = jobs.measure(model, options.data, options.text_column, options.label_column)
    if found.left_out:
        total = found.evaluation.count + len(found.left_out)
        tell(reports.left_out(found.left_out, total, "measured"))
    if options.json:
        _print_json(reports.evaluation_report(found))
    else:
        print(reports.evaluation_summary(found, options.data))
    return IN_PART if found.left_out else 0


def _predict(options: argparse.Namespace) -> int:
    from nnstudio import jobs, reports
    from nnstudio.data.rows import texts_as_rows
    from nnstudio.export import npz
    from nnstudio.terminal import tell

    model = npz.load(options.model)
    if options.text is None:
        rows = jobs.rows_of(model, options.data, options.text_column)
    elif model.fitted.words is not None:
        rows = texts_as_rows(options.text)
    else:
        raise ProblemError(
            Problem("This model does not read text", "Give it rows of numbers, with --data.")
        )
    found = jobs.predict(model, rows)
    failed = [prediction.row for prediction in found if prediction.outputs is None]
    if failed:
        tell(reports.left_out(failed, len(found), "predicted"))
    if (unknown := reports.no_word_known(found)) is not None:
        tell(unknown)
    if options.json:
        _print_json(reports.predictions_report(model, found))
    else:
        print(reports.predictions_summary(model, found))
    return IN_PART if failed else 0


def _print_json(value: dict[str, Any]) -> None:
    from nnstudio import reports

    print(json.dumps(reports.plain(value), ensure_ascii=False, allow_nan=False))


_JOBS: dict[str, Callable[[argparse.Namespace], int]] = {
    "new": _new,
    "train": _train,
    "evaluate": _evaluate,
    "predict": _predict,
}
