#include "supervisord/keeper/table.hpp"

#include <gtest/gtest.h>

#include "samples.hpp"
#include "supervisord/keeper/wire.hpp"

namespace supervisord::keeper {
namespace {

Table sample_table() {
  Table table;
  table.pid = 4711;
  table.version = "1.2.3";
  table.upgrades = 5;
  table.epoch = 0xfedcba9876543210;
  table.started_at_ns = -1;
  table.argv = {"supervisord", "-c", "a b"};
  table.environment = {"A=1", "B="};
  table.notify_socket = "@n";
  table.values = sample_preflight();
  table.rundir = "/run/supervisord.d";
  table.folder = 5;
  table.pump = 6;
  table.files_soft = 1024;
  table.files_hard = RLIM_INFINITY;
  table.adopted = true;
  table.daemon_starts = 3;
  table.previous_end = 9;
  table.pending_signals = {1, 12};
  table.shutdown_signal = 15;
  table.children = {{{"g:lives", 7, 123, 99, 77, {{0, 5}, {1, 6}}, std::nullopt, "/cg/1"},
                     true,
                     false,
                     8,
                     {{1, 9}}},
                    {{"g:ended", 10, 1, 2, 3, {}, ChildExit{256, true}, ""}, false, true, -1, {}}};
  table.records = {{"log:/x", std::string{"\0\n", 2}, true, {10, 11}},
                   {"config", "bytes", false, {}}};
  return table;
}

// Where the version stands: behind the magic string.
constexpr std::size_t version_at = 4 + sizeof "supervisord keeper table" - 1;

TEST(Table, ComesBackAsItWas) {
  const Table before = sample_table();
  const auto after = decode_table(encode(before));
  ASSERT_TRUE(after) << after.error().context;
  EXPECT_EQ(after->pid, 4711);
  EXPECT_EQ(after->version, "1.2.3");
  EXPECT_EQ(after->upgrades, 5U);
  EXPECT_EQ(after->epoch, before.epoch);
  EXPECT_EQ(after->started_at_ns, -1);
  EXPECT_EQ(after->argv, before.argv);
  EXPECT_EQ(after->environment, before.environment);
  EXPECT_EQ(after->notify_socket, "@n");
  EXPECT_EQ(after->values.pidfile, before.values.pidfile);
  EXPECT_EQ(after->values.identity->groups, before.values.identity->groups);
  EXPECT_EQ(after->rundir, before.rundir);
  EXPECT_EQ(after->folder, 5);
  EXPECT_EQ(after->pump, 6);
  EXPECT_EQ(after->files_hard, RLIM_INFINITY);
  EXPECT_TRUE(after->adopted);
  EXPECT_EQ(after->daemon_starts, 3U);
  EXPECT_EQ(after->previous_end, 9);
  EXPECT_EQ(after->pending_signals, before.pending_signals);
  EXPECT_EQ(after->shutdown_signal, 15);
  EXPECT_EQ(after->children, before.children);
  EXPECT_EQ(after->records, before.records);
  EXPECT_EQ(encode(*after), encode(before));
}

TEST(Table, NamesItsDescriptors) {
  EXPECT_EQ(descriptors_of(sample_table()), (std::vector<int>{5, 6, 8, 9, 10, 11}));
}

TEST(Table, CutAnywhereIsAnError) {
  const std::string whole = encode(sample_table());
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(decode_table(std::string_view{whole}.substr(0, size))) << size;
}

TEST(Table, OfAnotherVersionIsNotLetIn) {
  std::string bytes = encode(sample_table());
  ++bytes[version_at];
  const auto table = decode_table(bytes);
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().code, common::Errc::unsupported);
}

// What a later keeper adds: a row of a new kind, and fields behind the last one of a row.
TEST(Table, RowsAndFieldsOfALaterKeeperAreReadOver) {
  const Table before = sample_table();
  std::string bytes = encode(before);
  const std::size_t rows_at = version_at + 2;
  Writer unknown;
  unknown.number(std::uint32_t{4}).number(std::uint8_t{200});
  Reader size{std::string_view{bytes}.substr(rows_at)};
  const auto keeper_size = size.number<std::uint32_t>();
  Writer longer;
  longer.number(keeper_size + 3);
  bytes.replace(rows_at, 4, longer.take());
  bytes.insert(rows_at + 4 + keeper_size, "new");
  bytes.insert(rows_at, unknown.take() + "xyz");
  const auto after = decode_table(bytes);
  ASSERT_TRUE(after) << after.error().context;
  EXPECT_EQ(encode(*after), encode(before));
}

TEST(Table, WithoutAKeepersRowIsNone) {
  Writer bytes;
  bytes.string("supervisord keeper table").number(std::uint16_t{1});
  bytes.number(std::uint32_t{1}).number(std::uint8_t{4});
  EXPECT_FALSE(decode_table(bytes.take()));
}

}  // namespace
}  // namespace supervisord::keeper
