// Follows one log on many connections until each has read the line END; some read one message and then nothing more.
//   followers unix:/path PROCESS READING STALLED
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "supervisor/v1/log.grpc.pb.h"

namespace v1 = supervisor::v1;

struct Result {
    uint64_t bytes = 0;
    uint64_t gaps = 0;  // chunks that do not begin where the one before ended
    std::string error;
};

std::shared_ptr<grpc::Channel> connection(const char *address, int number) {
    grpc::ChannelArguments arguments;
    arguments.SetInt("follower", number);  // or all would share one
    return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

int main(int argc, char **argv) {
    if (argc != 5) return 2;
    const int reading = atoi(argv[3]), stalled = atoi(argv[4]);
    std::vector<Result> results(reading);
    std::atomic<int> begun{0};
    std::atomic<bool> over{false};
    std::vector<std::thread> threads, stalls;
    const auto request = [&] {
        v1::FollowLogRequest q;
        q.mutable_log()->set_process(argv[2]);
        q.set_last_bytes(1u << 30);
        return q;
    }();
    for (int i = 0; i < stalled; i++)
        stalls.emplace_back([&, i] {
            const auto stub = v1::LogService::NewStub(connection(argv[1], reading + i));
            grpc::ClientContext c;
            const auto reader = stub->FollowLog(&c, request);
            v1::FollowLogResponse r;
            reader->Read(&r);
            begun++;
            while (!over) std::this_thread::sleep_for(std::chrono::milliseconds(20));
            c.TryCancel();
            reader->Finish();
        });
    for (int i = 0; i < reading; i++)
        threads.emplace_back([&, i] {
            const auto stub = v1::LogService::NewStub(connection(argv[1], i));
            grpc::ClientContext c;
            const auto reader = stub->FollowLog(&c, request);
            v1::FollowLogResponse r;
            Result &mine = results[i];
            uint64_t next = 0;
            std::string tail;
            while (reader->Read(&r)) {
                if (mine.bytes == 0) begun++;
                const auto &chunk = r.chunk();
                if (mine.bytes != 0 && chunk.position().offset() != next) mine.gaps++;
                next = chunk.position().offset() + chunk.data().size();
                mine.bytes += chunk.data().size();
                tail = (tail + chunk.data().substr(chunk.data().size() > 8 ? chunk.data().size() - 8 : 0));
                tail = tail.substr(tail.size() > 8 ? tail.size() - 8 : 0);
                if (tail.size() >= 4 && tail.substr(tail.size() - 4) == "END\n") {
                    c.TryCancel();
                    reader->Finish();
                    return;
                }
            }
            mine.error = reader->Finish().error_message();
        });
    while (begun < reading + stalled) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    puts("all follow");
    fflush(stdout);
    for (auto &t : threads) t.join();
    uint64_t least = UINT64_MAX, most = 0, gaps = 0, failed = 0;
    for (const auto &r : results) {
        least = std::min(least, r.bytes);
        most = std::max(most, r.bytes);
        gaps += r.gaps;
        failed += !r.error.empty();
    }
    printf("{\"least_bytes\": %llu, \"most_bytes\": %llu, \"gaps\": %llu, \"failed\": %llu}\n", (unsigned long long)least, (unsigned long long)most,
           (unsigned long long)gaps, (unsigned long long)failed);
    fflush(stdout);
    getchar();  // the stalled ones stay until told
    over = true;
    for (auto &t : stalls) t.join();
}
