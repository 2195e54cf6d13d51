#!/bin/sh
# Runs the penguins example with the flowc given, and says where to look.
set -eu
flowc=${1:?usage: examples/demo.sh FLOWC}

"$flowc" run examples/penguins/flow.yaml --store .flowc

score=$("$flowc" artifacts get latest/pick/score)
"$flowc" artifacts get latest/report/page -o bin/penguins.html --force
cat <<EOT

score           $score of the birds right
the report      bin/penguins.html, for a browser
what happened   $flowc runs show latest
what it left    $flowc artifacts list latest
EOT
