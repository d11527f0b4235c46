// Verifies a log with Go's golang.org/x/mod/sumdb/note and tlog, and nothing of Duban's:
//
//	sumdb DIR|URL VKEY [OLD-CHECKPOINT-FILE]
//
// The checkpoint's signature is note's business; that tiles are the signed ones, that every entry is its leaf, that
// records are in the tree and that the tree goes on from an older one is tlog's. DUBAN_TOKEN is sent along to a URL.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

var client = &http.Client{Timeout: 20 * time.Second}

func read(place, path string) ([]byte, error) {
	if !strings.Contains(place, "://") {
		return os.ReadFile(filepath.Join(place, filepath.FromSlash(path)))
	}
	request, err := http.NewRequest("GET", place+"/"+path, nil)
	if err != nil {
		return nil, err
	}
	if token := os.Getenv("DUBAN_TOKEN"); token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != 200 {
		return nil, fmt.Errorf("%s: %s", path, response.Status)
	}
	return io.ReadAll(io.LimitReader(response.Body, 32<<20))
}

// tree opens a checkpoint: the note's text is an origin, a size and a root.
func tree(content []byte, vkey string) (tlog.Tree, error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return tlog.Tree{}, err
	}
	opened, err := note.Open(content, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		return tlog.Tree{}, errors.New("not a checkpoint of this log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return tlog.Tree{}, errors.New("not a root")
	}
	result := tlog.Tree{N: size}
	copy(result.Hash[:], root)
	return result, nil
}

type tiles struct{ place string }

func (t tiles) Height() int                     { return 8 }
func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}
func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range wanted {
		// tlog's paths name the height, tlog-tiles' paths do not.
		content, err := read(t.place, strings.Replace(tile.Path(), "tile/8/", "tile/", 1))
		if err != nil {
			return nil, err
		}
		found = append(found, content)
	}
	return found, nil
}

func entries(content []byte) ([][]byte, error) {
	var found [][]byte
	for len(content) > 0 {
		if len(content) < 2 || len(content) < 2+int(binary.BigEndian.Uint16(content)) {
			return nil, errors.New("a bundle is cut")
		}
		end := 2 + int(binary.BigEndian.Uint16(content))
		found = append(found, content[2:end])
		content = content[end:]
	}
	return found, nil
}

func verify(place, vkey, old string) (int64, error) {
	content, err := read(place, "checkpoint")
	if err != nil {
		return 0, err
	}
	signed, err := tree(content, vkey)
	if err != nil {
		return 0, fmt.Errorf("checkpoint: %v", err)
	}
	reader := tlog.TileHashReader(signed, tiles{place})
	for first := int64(0); first < signed.N; first += 256 {
		width := signed.N - first
		if width > 256 {
			width = 256
		}
		path := tlog.Tile{H: 8, L: 0, N: first / 256, W: int(width)}.Path()
		bundle, err := read(place, strings.Replace(path, "tile/8/0/", "tile/entries/", 1))
		if err != nil {
			return 0, err
		}
		found, err := entries(bundle)
		if err != nil {
			return 0, err
		}
		if int64(len(found)) != width {
			return 0, fmt.Errorf("position %d: %d entries, not %d", first+1, len(found), width)
		}
		var indexes []int64
		for i := range found {
			indexes = append(indexes, tlog.StoredHashIndex(0, first+int64(i)))
		}
		leaves, err := reader.ReadHashes(indexes)
		if err != nil {
			return 0, err
		}
		for i, entry := range found {
			if tlog.RecordHash(entry) != leaves[i] {
				return 0, fmt.Errorf("position %d is not what was signed", first+int64(i)+1)
			}
		}
		proof, err := tlog.ProveRecord(signed.N, first, reader)
		if err != nil {
			return 0, err
		}
		if err := tlog.CheckRecord(proof, signed.N, signed.Hash, first, leaves[0]); err != nil {
			return 0, err
		}
	}
	if old != "" {
		content, err := os.ReadFile(old)
		if err != nil {
			return 0, err
		}
		before, err := tree(content, vkey)
		if err != nil {
			return 0, fmt.Errorf("old checkpoint: %v", err)
		}
		proof, err := tlog.ProveTree(signed.N, before.N, reader)
		if err != nil {
			return 0, err
		}
		if err := tlog.CheckTree(proof, signed.N, signed.Hash, before.N, before.Hash); err != nil {
			return 0, fmt.Errorf("does not go on from the old checkpoint: %v", err)
		}
	}
	return signed.N, nil
}

func main() {
	old := ""
	if len(os.Args) > 3 {
		old = os.Args[3]
	}
	size, err := verify(os.Args[1], os.Args[2], old)
	if err != nil {
		fmt.Fprintln(os.Stderr, "REJECTED:", err)
		os.Exit(1)
	}
	fmt.Println("accepted", size)
}
