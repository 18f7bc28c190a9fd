// A small mesh of HTTP services for `lunette tool httpobserver`:
//
//	go build -o mesh . && ./mesh        # a shop, its stock and its prices, and clients of it
//	./mesh serve 127.0.0.1:8081         # one server: /hello, /slow, /missing
//	./mesh get URL COUNT                # so many requests, one after the other
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

func fetch(url string) (string, error) {
	answer, err := http.Get(url)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return string(body), err
}

func serve(address string) error {
	mux := http.NewServeMux()
	mux.HandleFunc("/hello", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "hello")
	})
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(20 * time.Millisecond)
		w.WriteHeader(http.StatusAccepted)
		fmt.Fprint(w, strings.Repeat("x", 10000))
	})
	return http.ListenAndServe(address, mux)
}

func get(url string, count int) {
	for i := 0; i < count; i++ {
		if _, err := fetch(url); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
}

// Serves the shop's parts, each of which asks the next one.
func mesh() {
	parts := []struct{ name, address, next string }{
		{"prices", "127.0.0.1:8093", ""},
		{"stock", "127.0.0.1:8092", "http://127.0.0.1:8093/prices/7"},
		{"shop", "127.0.0.1:8091", "http://127.0.0.1:8092/stock/7"},
	}
	for _, part := range parts {
		part := part
		mux := http.NewServeMux()
		mux.HandleFunc("/"+part.name+"/", func(w http.ResponseWriter, r *http.Request) {
			if part.next != "" {
				fetch(part.next)
			}
			time.Sleep(time.Duration(len(part.name)) * time.Millisecond)
			fmt.Fprintln(w, part.name)
		})
		go http.ListenAndServe(part.address, mux)
	}
	time.Sleep(200 * time.Millisecond)
	for i := 0; ; i++ {
		fetch(fmt.Sprintf("http://127.0.0.1:8091/shop/%d", i%5))
		if i%7 == 0 {
			fetch("http://127.0.0.1:8091/nowhere")
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func main() {
	if len(os.Args) == 3 && os.Args[1] == "serve" {
		fmt.Fprintln(os.Stderr, serve(os.Args[2]))
		os.Exit(1)
	} else if len(os.Args) == 4 && os.Args[1] == "get" {
		count, _ := strconv.Atoi(os.Args[3])
		get(os.Args[2], count)
	} else {
		mesh()
	}
}
