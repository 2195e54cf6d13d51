package record

import "encoding/json"

// Raw is a JSON value kept as text.
type Raw = json.RawMessage
