package main

import _ "time/tzdata" // Windows has no time zone database of its own
