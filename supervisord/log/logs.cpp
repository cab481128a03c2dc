#include "supervisord/log/logs.hpp"
