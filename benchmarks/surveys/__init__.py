"""The parts of ``benchmarks.bench_surveys``."""
