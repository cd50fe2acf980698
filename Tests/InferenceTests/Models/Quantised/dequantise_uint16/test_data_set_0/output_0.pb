Bo0J0;UCEr`;FyÍRGå–YCð‰4Å‘¡F"•¶F9ãÄCúºEg©
EƒGr¿RÇ