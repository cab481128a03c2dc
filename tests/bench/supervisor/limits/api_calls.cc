// Status calls of one program on one connection, as fast as they are answered:
//   api_calls unix:/path SELECTOR COUNT
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "supervisor/v1/process.grpc.pb.h"

using Clock = std::chrono::steady_clock;

int main(int argc, char **argv) {
    if (argc != 4) return 2;
    const auto stub = supervisor::v1::ProcessService::NewStub(grpc::CreateChannel(argv[1], grpc::InsecureChannelCredentials()));
    const int count = atoi(argv[3]);
    std::vector<double> v;
    const auto begin = Clock::now();
    for (int i = 0; i < count; i++) {
        const auto t = Clock::now();
        grpc::ClientContext c;
        supervisor::v1::ListProcessesRequest q;
        supervisor::v1::ListProcessesResponse r;
        q.add_selectors(argv[2]);
        const auto st = stub->ListProcesses(&c, q, &r);
        if (!st.ok() || r.processes_size() != 1) { fprintf(stderr, "%s\n", st.error_message().c_str()); return 1; }
        v.push_back(std::chrono::duration<double, std::micro>(Clock::now() - t).count());
    }
    const double all = std::chrono::duration<double>(Clock::now() - begin).count();
    std::sort(v.begin(), v.end());
    printf("{\"median_us\": %.1f, \"min_us\": %.1f, \"p99_us\": %.1f, \"max_us\": %.1f, \"calls_per_s\": %.0f}\n", v[v.size() / 2], v[0],
           v[v.size() * 99 / 100], v.back(), count / all);
}
