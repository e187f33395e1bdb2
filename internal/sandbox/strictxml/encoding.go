package strictxml

import (
	"bytes"
	"encoding/binary"
	"errors"
	"regexp"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// xmlDeclaration is what may stand at the very start of a document (XML 1.0, production
// 23), with its encoding.
var xmlDeclaration = regexp.MustCompile(`^<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*(?:"1\.[0-9]+"|'1\.[0-9]+')` +
	`(?:[ \t\r\n]+encoding[ \t\r\n]*=[ \t\r\n]*(?:"([A-Za-z][A-Za-z0-9._-]*)"|'([A-Za-z][A-Za-z0-9._-]*)'))?` +
	`(?:[ \t\r\n]+standalone[ \t\r\n]*=[ \t\r\n]*(?:"(?:yes|no)"|'(?:yes|no)'))?[ \t\r\n]*\?>`)

// asUTF8 is a document in UTF-8 without byte order mark and declaration. Taken are the two
// encodings that every XML processor knows, UTF-8 and UTF-16, and with them ASCII and
// Latin-1, which the portal's Java knows too.
func asUTF8(document []byte) ([]byte, error) {
	text, wide := fromUTF16(document)
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	encoding := ""
	if found := xmlDeclaration.FindSubmatch(text); found != nil {
		encoding = strings.ToLower(string(found[1]) + string(found[2]))
		text = text[len(found[0]):]
	}
	switch encoding {
	case "", "utf-8", "us-ascii":
		if wide && encoding != "" {
			return nil, errors.New("the XML is in another encoding than it says")
		}
	case "utf-16", "utf-16le", "utf-16be":
		if !wide {
			return nil, errors.New("the XML is in another encoding than it says")
		}
	case "iso-8859-1":
		return latin1(text), nil
	default:
		return nil, errors.New("the XML is in an encoding that is not taken; UTF-8 is")
	}
	return text, nil
}

// fromUTF16 finds UTF-16 as XML 1.0, appendix F, does: by its byte order mark, or by how a
// "<" looks. Anything else is returned as it is.
func fromUTF16(document []byte) (text []byte, wide bool) {
	if len(document) < 4 || len(document)%2 != 0 {
		return document, false
	}
	var order binary.ByteOrder
	switch {
	case document[0] == 0xfe && document[1] == 0xff, document[0] == 0 && document[1] == '<':
		order = binary.BigEndian
	case document[0] == 0xff && document[1] == 0xfe, document[0] == '<' && document[1] == 0:
		order = binary.LittleEndian
	default:
		return document, false
	}
	units := make([]uint16, 0, len(document)/2)
	for i := 0; i < len(document); i += 2 {
		units = append(units, order.Uint16(document[i:]))
	}
	return []byte(string(utf16.Decode(units))), true
}

func latin1(document []byte) []byte {
	text := make([]byte, 0, len(document)+len(document)/8)
	for _, b := range document {
		text = utf8.AppendRune(text, rune(b))
	}
	return text
}
