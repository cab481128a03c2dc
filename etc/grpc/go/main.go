// Lists processes over gRPC, then follows one log for some seconds.
//
//	status TARGET [-follow NAME] [-seconds N] [-ca FILE -token-file FILE]
//
// TARGET is gRPC's: unix:/var/run/supervisor.sock, or HOST:PORT with -ca. How supervisorv1 is generated: docs/grpc.md.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	pb "example/supervisorv1"
)

func transport(ca string) (credentials.TransportCredentials, error) {
	if ca == "" {
		return insecure.NewCredentials(), nil
	}
	pem, err := os.ReadFile(ca)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	return credentials.NewTLS(&tls.Config{RootCAs: roots}), nil
}

func run() error {
	follow := flag.String("follow", "", "follow this process's log")
	seconds := flag.Int("seconds", 2, "how long")
	ca := flag.String("ca", "", "who signs the server's certificate")
	tokenFile := flag.String("token-file", "", "the token to send")
	flag.Parse()

	creds, err := transport(*ca)
	if err != nil {
		return err
	}
	conn, err := grpc.NewClient(flag.Arg(0), grpc.WithTransportCredentials(creds))
	if err != nil {
		return err
	}
	defer conn.Close()

	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(*seconds)*time.Second)
	defer cancel()
	if *tokenFile != "" {
		token, err := os.ReadFile(*tokenFile)
		if err != nil {
			return err
		}
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+strings.TrimSpace(string(token)))
	}

	list, err := pb.NewProcessServiceClient(conn).ListProcesses(ctx, &pb.ListProcessesRequest{})
	if err != nil {
		return err
	}
	for _, process := range list.Processes {
		fmt.Printf("%s:%s %s %s\n", process.Group, process.Name, strings.TrimPrefix(process.State.String(), "STATE_"), process.Description)
	}
	if *follow == "" {
		return nil
	}

	stream, err := pb.NewLogServiceClient(conn).FollowLog(ctx, &pb.FollowLogRequest{Log: &pb.LogName{Process: *follow}, LastBytes: 1024})
	if err != nil {
		return err
	}
	for {
		message, err := stream.Recv()
		if err == io.EOF || status.Code(err) == codes.DeadlineExceeded {
			return nil
		}
		if err != nil {
			return err
		}
		os.Stdout.Write(message.Chunk.Data)
	}
}

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}
