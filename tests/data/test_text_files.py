"""Learners' files: recognised by looking, and refused in words they understand."""

from pathlib import Path

import numpy as np
import pytest

from nnstudio.data.preview import preview, source_for
from nnstudio.data.reading import recognise
from nnstudio.data.text_files import TextFile, TextFolder
from nnstudio.spec import ProblemError, Severity

SENTENCES = [
    ("a gripping story with a fine cast", "good"),
    ("dull and far too long", "bad"),
    ("I laughed, I cried, I clapped", "good"),
    ("the plot is a mess", "bad"),
]


def write(folder, content, name="data.csv", encoding="utf-8"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return str(path)


def rows(times=10):
    return [(f"{text} number{i}", label) for i in range(times) for text, label in SENTENCES]


def table(separator=",", header=("review", "mood"), times=10):
    lines = [separator.join(header)] if header else []
    for text, label in rows(times):
        quoted = f'"{text}"' if separator in text else text
        lines.append(separator.join((quoted, label)))
    return "\n".join(lines) + "\n"


def everything(path, **settings):
    """All sentences with their class, however they are divided."""
    dataset = TextFile(path=path, **settings).load()
    parts = [part for part in (dataset.train, dataset.validation, dataset.test) if part]
    return dataset, sorted(
        (text, dataset.class_names[y])
        for part in parts
        for text, y in zip(part.texts, part.y, strict=True)
    )


def refused(source):
    with pytest.raises(ProblemError) as caught:
        source.load()
    problem = caught.value.problems[0]
    assert problem.title
    assert not problem.title.endswith(".")
    return problem


@pytest.mark.parametrize("separator", [",", "\t", ";", "|"])
@pytest.mark.parametrize("header", [("review", "mood"), ("says", "how"), None])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_tables_are_recognised_whatever_separates_their_columns(
    tmp_path, separator, header, ends, mark
):
    content = mark + table(separator, header).replace("\n", ends)
    dataset, found = everything(write(tmp_path, content, "data.txt"))
    assert found == sorted(rows())
    assert dataset.class_names == ("bad", "good")
    assert dataset.notes == ()


def test_lines_of_label_and_text_are_recognised(tmp_path):
    plain = "".join(f"{2 if label == 'good' else 0} {text}\n" for text, label in rows())
    dataset, found = everything(write(tmp_path, plain, "train"))
    assert dataset.class_names == ("0", "2")
    assert {text for text, _ in found} == {text for text, _ in rows()}
    fast = "".join(f"__label__{label}\t{text}\n" for text, label in rows())
    assert everything(write(tmp_path, fast, "fast.txt"))[1] == sorted(rows())
    word = "".join(f"{label} {text}\n" for text, label in rows())
    assert everything(write(tmp_path, word, "word.txt"))[1] == sorted(rows())


def test_quoted_fields_may_hold_separators_quotation_marks_and_line_ends(tmp_path):
    content = 'text,label\n"one, two\nand ""three""",a\nplain words,b\n' * 1
    content += "".join(f"more words {i},{'ab'[i % 2]}\n" for i in range(8))
    _, found = everything(write(tmp_path, content))
    assert ('one, two\nand "three"', "a") in found
    assert len(found) == 10


def test_a_lone_quotation_mark_in_a_tab_file_swallows_nothing(tmp_path):
    content = '"An unclosed remark\t0\nfine "words" here\t1\n"whole"\t0\n' * 5
    _, found = everything(write(tmp_path, content, "imdb.txt"))
    assert len(found) == 15
    assert {text for text, _ in found} == {'"An unclosed remark', 'fine "words" here', "whole"}


def test_an_unclosed_quotation_mark_in_a_csv_names_its_line(tmp_path):
    content = table() + '"never closed,good\n' + "fine,bad\n" * 5
    problem = refused(TextFile(path=write(tmp_path, content)))
    assert problem.title == "A quotation mark in line 42 is never closed"
    assert "5 lines" in problem.explain


def test_a_nel_character_inside_a_sentence_does_not_end_it(tmp_path):
    content = "".join(f"good\x85film {i}\t{i % 2}\n" for i in range(10))
    _, found = everything(write(tmp_path, content, "x.txt"))
    assert len(found) == 10
    assert all("\x85" in text for text, _ in found)


def test_a_wrong_encoding_names_the_byte_and_offers_the_likely_one(tmp_path):
    path = write(tmp_path, table().replace("mess", "désastre"), encoding="cp1252")
    problem = refused(TextFile(path=path))
    assert "byte 0xe9 in line 5" in problem.title
    assert "not UTF-8" in problem.title
    assert problem.fix.command == "set_data"
    mended = problem.fix.arguments["source"]
    assert mended.encoding == "cp1252"
    assert any("désastre" in text for text in mended.load().train.texts)


def test_utf_16_is_recognised_by_its_mark(tmp_path):
    assert len(everything(write(tmp_path, table(), encoding="utf-16"))[1]) == 40


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        (b"", "a.csv", "is empty"),
        (b"  \n\n", "a.csv", "is empty"),
        (b"PK\x03\x04rest", "a.csv", "zip archive or an Office document"),
        (b"\x1f\x8brest", "a.csv", "gzip"),
        (b"text,label\nab\0c,1\n", "a.csv", "not a text file"),
        (b"just one column\nof words\nand more\n", "a.csv", "only one column"),
        (b"text,label\n", "a.csv", "no row with both|only one column|no rows|looks like"),
        (b"number,label\n1,a\n2,b\n3,a\n4,b\n", "a.csv", "looks like sentences"),
        (b"text,id\nsome words,1\nother words,2\nmore words,3\n", "a.csv", "looks like labels"),
        (b"text,label\nsome words,a\nother words,a\nmore words,a\n", "a.csv", "one class"),
    ],
)
def test_files_that_cannot_be_used_are_refused_in_a_sentence(tmp_path, content, name, says):
    import re

    problem = refused(TextFile(path=write(tmp_path, content, name)))
    assert re.search(says, problem.title), problem.title
    assert problem.explain


def test_missing_files_and_folders_are_refused_in_a_sentence(tmp_path):
    assert "no file" in refused(TextFile(path=str(tmp_path / "gone.csv"))).title
    assert "No file is chosen" in refused(TextFile()).title
    assert "is a folder" in refused(TextFile(path=str(tmp_path))).title
    assert "no folder" in refused(TextFolder(path=str(tmp_path / "gone"))).title
    assert "No folder is chosen" in refused(TextFolder()).title
    assert "is a file" in refused(TextFolder(path=write(tmp_path, table()))).title


def test_a_file_beyond_the_limit_is_refused_before_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr("nnstudio.data.reading.LARGEST_FILE", 100)
    problem = refused(TextFile(path=write(tmp_path, table())))
    assert "too large" in problem.title


def test_an_identifier_column_is_no_class(tmp_path):
    content = "text,label\n" + "".join(f"some words {i},name{i}\n" for i in range(300))
    problem = refused(TextFile(path=write(tmp_path, content)))
    assert "300 different values" in problem.title or "looks like labels" in problem.title
    chosen = refused(TextFile(path=write(tmp_path, content), label_column="label"))
    assert "300 different values" in chosen.title


def test_columns_can_be_chosen_and_a_wrong_name_lists_the_right_ones(tmp_path):
    content = "id,author,remark,verdict\n" + "".join(
        f"{i},{'Ann' if i % 2 else 'Bob'},words and more words {i},{i % 3}\n" for i in range(30)
    )
    path = write(tmp_path, content)
    assert TextFile(path=path, label_column="author").load().class_names == ("Ann", "Bob")
    assert TextFile(path=path, label_column="verdict").load().class_names == ("0", "1", "2")
    problem = refused(TextFile(path=path, label_column="mood"))
    assert "no column named “mood”" in problem.title
    assert "“verdict”" in problem.explain
    assert problem.where.field == "label_column"
    both = refused(TextFile(path=path, text_column="remark", label_column="remark"))
    assert "same column" in both.title


def test_rows_without_text_label_or_the_right_number_of_fields_are_left_out_with_a_note(tmp_path):
    content = table() + ",good\n" + "lonely words,\n" + "too,many,fields\n"
    dataset, found = everything(write(tmp_path, content))
    assert found == sorted(rows())
    said = " ".join(str(note) for note in dataset.notes)
    assert "1 row of data.csv without text is left out" in said
    assert "Line 42" in said
    assert "without label" in said
    assert "line 44 with 3" in said
    assert all(note.severity is Severity.WARNING for note in dataset.notes)


def test_a_table_with_commas_in_unquoted_sentences_is_refused_not_guessed(tmp_path):
    content = "text,label\n" + "well, yes,good\nplain,bad\n" * 20
    problem = refused(TextFile(path=write(tmp_path, content)))
    assert "do not have 2 columns" in problem.title
    assert "double quotes" in problem.explain


def test_validation_and_test_files_are_used_whole(tmp_path):
    path = write(tmp_path, table(), "train.csv")
    other = write(tmp_path, "mood,review\ngood,a fine tale\nodd,what\nbad,no\n", "dev.csv")
    dataset = TextFile(path=path, validation_path=other, test_fraction=0.0).load()
    assert len(dataset.train) == 40
    assert dataset.test is None
    assert dataset.validation.texts == ("a fine tale", "no")
    assert dataset.validation.y.tolist() == [1, 0]
    assert "odd" in dataset.notes[0].explain
    strange = write(tmp_path, "review,mood\nwords,red\nthings,blue\n", "strange.csv")
    problem = refused(TextFile(path=path, test_path=strange))
    assert "test set shares no class" in problem.title


def test_texts_that_stand_in_two_sets_are_pointed_out(tmp_path):
    path = write(tmp_path, table(), "train.csv")
    dataset = TextFile(path=path, test_path=path).load()
    assert any("also stand in the training set" in note.title for note in dataset.notes)


def test_a_class_with_hardly_any_rows_is_pointed_out_but_kept_for_training(tmp_path):
    dataset = TextFile(path=write(tmp_path, table() + "what is this,odd\n")).load()
    assert dataset.class_names == ("bad", "good", "odd")
    assert dataset.class_names.index("odd") in dataset.train.y
    assert any("“odd” (1)" in note.explain for note in dataset.notes)


def test_star_ratings_keep_the_order_of_numbers(tmp_path):
    content = "stars,text\n" + "".join(f"{s}.0,words of {s}\n" for s in (10, 9, 1, 5) * 5)
    assert TextFile(path=write(tmp_path, content)).load().class_names == ("1", "5", "9", "10")


def folder_of(root, texts):
    for label, items in texts.items():
        (root / label).mkdir(parents=True)
        for index, item in enumerate(items):
            (root / label / f"{index}.txt").write_text(item, encoding="utf-8")


def test_a_folder_per_class_becomes_a_data_set(tmp_path):
    folder_of(tmp_path, {"pos": [f"lovely {i}" for i in range(9)], "neg": ["awful"] * 9})
    (tmp_path / "empty").mkdir()
    (tmp_path / "neg" / "blank.txt").write_text("")
    (tmp_path / "neg" / "scan.png").write_bytes(b"\x89PNG")
    dataset = TextFolder(path=str(tmp_path)).load()
    assert dataset.class_names == ("neg", "pos")
    assert len(dataset.train) + len(dataset.validation) + len(dataset.test) == 18
    said = " ".join(note.title for note in dataset.notes)
    assert "no class “empty”" in said
    assert "1 empty files of class “neg”" in said


def test_train_and_test_folders_are_used_as_they_are(tmp_path):
    folder_of(tmp_path / "train", {"pos": ["good one"] * 9, "neg": ["bad one"] * 9, "unsup": ["x"]})
    folder_of(tmp_path / "test", {"pos": ["good two"], "neg": ["bad two"]})
    dataset = TextFolder(path=str(tmp_path), validation_fraction=0.0).load()
    assert len(dataset.train) == 18
    assert dataset.validation is None
    assert sorted(dataset.test.texts) == ["bad two", "good two"]


def test_folders_that_cannot_be_used_are_refused(tmp_path):
    assert "holds no folders" in refused(TextFolder(path=str(tmp_path))).title
    folder_of(tmp_path, {"pos": ["good"] * 3})
    assert "one class" in refused(TextFolder(path=str(tmp_path))).title
    (tmp_path / "neg").mkdir()
    (tmp_path / "neg" / "a.txt").write_bytes(b"caf\xe9")
    assert "In folder neg: a.txt is not UTF-8" in refused(TextFolder(path=str(tmp_path))).title


def test_a_preview_shows_columns_rows_guesses_and_classes_and_never_raises(tmp_path):
    path = write(tmp_path, table())
    seen = preview(path)
    assert seen.source == TextFile(path=path)
    assert seen.description == "table separated by commas, with a header, UTF-8"
    assert [(column.name, column.different) for column in seen.columns] == [
        ("review", 40),
        ("mood", 2),
    ]
    assert (seen.text_column, seen.label_column) == ("review", "mood")
    assert seen.class_counts == (("bad", 20), ("good", 20))
    assert len(seen.rows) == 8
    assert seen.row_count == 40
    assert not seen.problems
    assert "no file" in preview(str(tmp_path / "gone")).problems[0].title
    one = preview(write(tmp_path, "text,label\nab cd,x\nef gh,x\n", "one.csv"))
    assert one.class_counts == (("x", 2),)
    assert "one class" in one.problems[0].title
    folder_of(tmp_path / "docs", {"a": ["first text"], "b": ["second text"]})
    assert isinstance(source_for(str(tmp_path / "docs")), TextFolder)
    assert preview(str(tmp_path / "docs")).class_counts == (("a", 1), ("b", 1))


def test_a_list_of_numbers_is_not_mistaken_for_labelled_text():
    assert recognise("1 2\n3 4\n5 6\n" * 9).delimiter != ""
    assert recognise("1 good\n2 bad\n").delimiter == ""


SHARED = next(
    (
        folder / "shared" / "data"
        for folder in Path(__file__).resolve().parents
        if (folder / "shared" / "data" / "sst").is_dir()
    ),
    None,
)


@pytest.mark.skipif(SHARED is None, reason="the real corpora are not beside this checkout")
def test_real_corpora_load():
    sst = SHARED / "sst"
    dataset = TextFile(
        path=str(sst / "stsa.fine.train"),
        validation_path=str(sst / "stsa.fine.dev"),
        test_path=str(sst / "stsa.fine.test"),
    ).load()
    sizes = (len(dataset.train), len(dataset.validation), len(dataset.test))
    assert sizes == (8544, 1101, 2210)
    assert dataset.class_names == tuple("01234")
    assert np.bincount(dataset.test.y).tolist() == [279, 633, 389, 510, 399]
    alexa = TextFile(path=str(SHARED / "alexa" / "amazon_alexa.tsv")).load()
    assert alexa.class_names == tuple("12345")
    assert alexa.target_name == "rating"
    for name in ("amazon_cells", "imdb", "yelp"):
        path = SHARED / "sentiment_sentences" / f"{name}_labelled.txt"
        _, found = everything(str(path))
        assert len(found) == path.read_bytes().strip().count(b"\n") + 1
