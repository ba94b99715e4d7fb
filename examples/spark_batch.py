"""Decide a folder of JSON Lines with Apache Spark. Needs Java and ``pip install "funnel[spark]"``.

Run: ``python examples/spark_batch.py complaints/ decided/`` here, or ``spark-submit`` it to a cluster whose workers have funnel.
"""

import os
import sys

from pyspark.sql import SparkSession

import funnel
from funnel.batch.plan import plan_for
from funnel.batch.spark import decide_frame


def main(source: str, target: str) -> None:
    """Decide ``source`` into ``target``/decisions (JSON Lines, the contract) and ``target``/rejects (JSON)."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    spark = SparkSession.builder.appName("funnel").getOrCreate()
    plan = plan_for(funnel.load_pack("cn-ecommerce"))
    lines = spark.read.text(source)
    # Written once and then split: two writes of `decided` itself would decide everything twice.
    decide_frame(lines, plan, column="value").write.mode("overwrite").parquet(f"{target}/decided")
    decided = spark.read.parquet(f"{target}/decided")
    decisions = decided.where("decision is not null").select("decision")
    decisions.write.mode("overwrite").text(f"{target}/decisions")
    rejects = decided.where("decision is null").select("id", "code", "field", "reason", "raw")
    rejects.write.mode("overwrite").json(f"{target}/rejects")
    decided.groupBy("outcome", "tier", "code").count().orderBy("count", ascending=False).show(truncate=False)
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:3])
