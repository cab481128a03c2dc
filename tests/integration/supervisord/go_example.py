"""The Go example of docs/grpc.md, and grpcurl; by .ci/extra, since their modules come from the Go proxy.

GO_EXAMPLE: the program built from etc/grpc/go; GRPCURL: grpcurl.
"""

from __future__ import annotations

import os
import subprocess

from conftest import Suite


def test_the_go_example_lists_and_follows(suite: Suite) -> None:
    suite.configure("[program:say]\ncommand=sh -c 'echo hello; sleep 100000'\nautorestart=false\n")
    suite.start()
    suite.wait_state("say", "RUNNING")
    run = subprocess.run([os.environ["GO_EXAMPLE"], "-follow", "say", "-seconds", "2", f"unix:{suite.socket}"], capture_output=True, text=True, timeout=60, check=True)
    first, *rest = run.stdout.splitlines()
    assert first.startswith("say:say RUNNING pid ")
    assert rest == ["hello"]


def test_grpcurl_needs_no_proto_files(suite: Suite) -> None:
    suite.configure("[program:steady]\ncommand=sleep 100000\n")
    suite.start()
    suite.wait_state("steady", "RUNNING")

    def grpcurl(*words: str) -> str:
        return subprocess.run([os.environ["GRPCURL"], "-plaintext", "-unix", *words], capture_output=True, text=True, timeout=60, check=True).stdout

    assert "supervisor.v1.ProcessService" in grpcurl(str(suite.socket), "list").splitlines()
    answer = grpcurl("-d", '{"selectors": ["steady"]}', str(suite.socket), "supervisor.v1.ProcessService/ListProcesses")
    assert '"state": "STATE_RUNNING"' in answer
