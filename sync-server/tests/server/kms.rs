mod aws;
mod gcp;
