#!/usr/bin/env python3
"""Restarts processes over gRPC and tells each as it settles, then follows the state changes of the next seconds.

    restart.py TARGET SELECTOR... [--seconds 2] [--token-file FILE --ca FILE]

TARGET is gRPC's: unix:/var/run/supervisor.sock, or HOST:PORT with --ca. Needs supervisor/v1 as generated from proto/ on
PYTHONPATH (docs/grpc.md).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import grpc
from supervisor.v1 import event_pb2, event_pb2_grpc, process_pb2, process_pb2_grpc


def open_channel(target: str, ca: Path | None) -> grpc.Channel:
    if ca is None:
        return grpc.insecure_channel(target)
    return grpc.secure_channel(target, grpc.ssl_channel_credentials(ca.read_bytes()))


def fault_of(error: grpc.RpcError) -> str:
    """What the daemon refused, from the error's details; the code's name when there are none."""
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            detail = process_pb2.FaultDetail.FromString(value)
            return f"{process_pb2.Fault.Name(detail.fault)} {detail.detail}"
    return f"{error.code().name} {error.details()}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target")
    parser.add_argument("selector", nargs="+")
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--token-file", type=Path)
    parser.add_argument("--ca", type=Path)
    options = parser.parse_args()
    metadata = []
    if options.token_file:
        metadata.append(("authorization", f"Bearer {options.token_file.read_text().strip()}"))
    with open_channel(options.target, options.ca) as channel:
        try:
            steps = process_pb2_grpc.ProcessServiceStub(channel).RestartProcesses(
                process_pb2.RestartProcessesRequest(selectors=options.selector), metadata=metadata, timeout=60)
            for step in steps:
                outcome = step.outcome
                fault = "" if outcome.fault == process_pb2.FAULT_UNSPECIFIED else f" {process_pb2.Fault.Name(outcome.fault)} {outcome.detail}"
                print(f"{outcome.group}:{outcome.process} {process_pb2.RestartProcessesResponse.Step.Name(step.step)}{fault}", flush=True)
        except grpc.RpcError as error:
            print(fault_of(error), file=sys.stderr)
            return 1
        try:
            for message in event_pb2_grpc.EventServiceStub(channel).WatchEvents(
                    event_pb2.WatchEventsRequest(types=["PROCESS_STATE"]), metadata=metadata, timeout=options.seconds):
                if message.HasField("event"):
                    print(f"{message.event.type} {message.event.group}:{message.event.process}", flush=True)
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.DEADLINE_EXCEEDED:  # which is how the watch ends
                raise
    return 0


if __name__ == "__main__":
    sys.exit(main())
