#include "asgi-worker/worker/cell.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "asgi-worker/worker/cell_share.hpp"

namespace asgi_worker::worker {
namespace {

TEST(Cells, AreTakenClearedAndGivenBack) {
  Cells cells;
  Cell* const first = cells.take();
  ASSERT_NE(first, nullptr);
  first->note_request("GET", "/a");
  first->beat();
  Cell* const second = cells.take();
  EXPECT_NE(first, second);
  EXPECT_EQ(cells.used().size(), 2U);
  Cells::give_back(first);
  EXPECT_EQ(cells.take(), first);
  EXPECT_EQ(first->last_request(), "");
  EXPECT_EQ(first->beat_ms, 0);
  EXPECT_EQ(cells.at(cells.index_of(second)), second);
  EXPECT_EQ(cells.at(Cells::count), nullptr);
}

TEST(Cells, CanAllBeInUse) {
  Cells cells;
  for (std::size_t count = 0; count < Cells::count; ++count) ASSERT_NE(cells.take(), nullptr);
  EXPECT_EQ(cells.take(), nullptr);
  EXPECT_EQ(cells.used().size(), Cells::count);
}

TEST(Cell, KeepsTheBeginningOfALongRequest) {
  Cell cell;
  cell.note_request("GET", std::string(1000, 'x'));
  EXPECT_EQ(cell.last_request(), "GET " + std::string(220, 'x'));
  cell.note_request("POST", "/b\r\n\x80");
  EXPECT_EQ(cell.last_request(), "POST /b???");
  EXPECT_EQ(cell.requests, 2U);
}

struct ShareRow {
  const char* name;
  std::vector<unsigned> connections;  // of the accepting workers, the one that asks first
  bool is_above;
};
class ShareOf : public testing::TestWithParam<ShareRow> {};

TEST_P(ShareOf, IsComparedWithTheAverage) {
  Cells cells;
  std::vector<Cell*> workers;
  for (const unsigned count : GetParam().connections) {
    workers.push_back(cells.take());
    workers.back()->is_accepting = true;
    workers.back()->connections = count;
  }
  cells.take()->connections = 1000;  // still loading, or on its way out: it accepts nothing
  EXPECT_EQ(CellShare::is_above(cells.used(), *workers[0]), GetParam().is_above);
}

INSTANTIATE_TEST_SUITE_P(
    Share, ShareOf,
    testing::Values(ShareRow{"Alone", {100}, false}, ShareRow{"Even", {10, 10}, false},
                    ShareRow{"LittleMore", {6, 0}, false}, ShareRow{"More", {8, 0}, true},
                    ShareRow{"Less", {0, 8}, false}, ShareRow{"OfFour", {14, 10, 10, 6}, true}),
    [](const auto& row) { return std::string{row.param.name}; });

}  // namespace
}  // namespace asgi_worker::worker
