import os
import subprocess
import sys


def test_onnx_runtime_reports_to_nobody(tmp_path):
    # its telemetry writes a file among the temporary ones as soon as it is imported
    environment = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"}
    environment |= {"TMPDIR": str(tmp_path), "HOME": str(tmp_path)}
    code = "import facedex.engines.engine, onnxruntime"
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    assert list(tmp_path.rglob("*")) == []
