console.log('see run')
