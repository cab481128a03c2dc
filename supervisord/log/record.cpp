#include "supervisord/log/record.hpp"
